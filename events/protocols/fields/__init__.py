"""What the parts of an item mean in every protocol: texts, moments, addresses, people, requests, attributes."""
