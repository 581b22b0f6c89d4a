"""Search and Find (MS-ASCMD): what is found in the mailbox and in the Global Address List."""
