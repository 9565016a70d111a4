"""What a process owes the machine it runs on: libraries imported when they are needed, sleep until a bell is rung."""
