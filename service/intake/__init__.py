"""Vouchers that arrive by phone, e-mail, folder or API, and the queue in which all pictures are read."""
