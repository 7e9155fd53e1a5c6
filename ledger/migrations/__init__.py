"""The steps by which a ledger of an older release comes to the shape of this one."""
