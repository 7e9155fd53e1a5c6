"""Ears and hands at the exchange: AMI, SIP telephones, audio and the voice."""
