"""The exchange's own rules: Asterisk answers, queues and reaches 110/119/120/122 alone."""
