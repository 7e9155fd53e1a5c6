"""What people see and press: pages, the JSON API, and the sockets of desks and boards."""
