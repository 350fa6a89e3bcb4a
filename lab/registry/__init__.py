"""A test registry: EPP over TLS, a data base that survives, and a zone made of it.

It shares nothing with the client in src/epp: another language, another XML library, another idea of
what a right frame is (structure.py), so that one mistake is not made twice.
"""
