"""What people see and press: pages, the JSON API, and the socket of every desk and board."""
