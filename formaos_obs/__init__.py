"""The composition of the apps. Nothing is imported here: the supervisor is a module of it, and has to stay small."""
