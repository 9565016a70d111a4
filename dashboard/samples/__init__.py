"""A genuine error or transaction, sent as an SDK would. For the page Setup and the command send_sample."""
