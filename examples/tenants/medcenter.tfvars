tenant_config = {
  display_name = "Medical Center"
  subdomain    = "medcenter"
  tier         = "enterprise"
  
  # High-performance resources
  rds_instance_class    = "db.r6g.large"
  rds_allocated_storage = 100
  rds_multi_az         = true
  django_desired_count = 5
  django_cpu          = 2048
  django_memory       = 4096
  celery_desired_count = 3
  redis_node_type      = "cache.r7g.large"
  
  # Advanced features
  enable_autoscaling   = true
  max_capacity        = 20
  s3_lifecycle_rules  = true
  efs_throughput_mode = "provisioned"
  efs_throughput_mibps = 100
  
  # SSO Integration
  identity_provider = {
    type = "SAML"
    name = "MedCenterAzureAD"
    metadata_url = "https://login.microsoftonline.com/tenant-id/federationmetadata/2007-06/federationmetadata.xml"
  }
  
  # Full compliance
  hipaa_compliant     = true
  enable_audit_logging = true
  enable_flow_logs    = true
  
  technical_contact = "cto@medcenter.org"
  billing_contact   = "cfo@medcenter.org"
  cost_center      = "it-infrastructure"
  department       = "radiology"
}
