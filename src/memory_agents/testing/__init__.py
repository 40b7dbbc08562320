"""Fakes that we ship: real implementations on a loopback port, for our tests and for yours."""
