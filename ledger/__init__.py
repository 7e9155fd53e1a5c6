"""What is remembered (台账): journal, tickets, people."""
