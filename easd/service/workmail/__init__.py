"""The WorkMail API (version 2017-10-01): its operations over the administration service. No HTTP here."""
