"""ItemOperations (MS-ASCMD ItemOperations): fetch items and files, empty folders, move conversations."""
