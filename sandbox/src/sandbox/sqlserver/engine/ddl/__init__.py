"""CREATE, ALTER, DROP, TRUNCATE and GRANT, and who may run them."""
