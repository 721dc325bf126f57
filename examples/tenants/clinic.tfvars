tenant_config = {
  display_name = "Small Clinic"
  subdomain    = "clinic"
  tier         = "trial"
  
  # Minimal resources
  rds_instance_class    = "db.t4g.micro"
  django_cpu           = 256
  django_memory        = 512
  redis_node_type      = "cache.t4g.micro"
  
  # Basic compliance
  hipaa_compliant      = true
  enable_audit_logging = false  # Save costs
  
  technical_contact = "admin@clinic.com"
  billing_contact   = "admin@clinic.com"
}
