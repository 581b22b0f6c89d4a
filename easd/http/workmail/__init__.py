"""The WorkMail API over HTTP: AWS JSON 1.1, signed with AWS Signature Version 4, POST to `/`."""
