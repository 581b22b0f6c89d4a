"""What the WorkMail API lacks, as REST under /admin/v1: policies, devices, wipes, rules about mail, the audit log."""
