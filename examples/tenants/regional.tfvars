tenant_config = {
  display_name = "Regional Hospital"
  subdomain    = "regional"
  tier         = "standard"
  
  # Production resources
  rds_instance_class    = "db.t4g.small"
  rds_multi_az         = true
  django_desired_count = 2
  django_cpu          = 512
  django_memory       = 1024
  redis_num_cache_nodes = 2
  
  # Auto-scaling
  enable_autoscaling     = true
  min_capacity          = 2
  max_capacity          = 5
  
  # Full compliance
  hipaa_compliant      = true
  enable_audit_logging = true
  data_retention_days  = 2555  # 7 years
  
  technical_contact = "it@hospital.com"
  billing_contact   = "finance@hospital.com"
}
