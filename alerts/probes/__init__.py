"""Addresses that this server looks at by itself: HTTP, TCP, TLS and DNS, and what people hear of them."""
