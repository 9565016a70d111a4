"""What monitoring costs the application that is monitored."""
