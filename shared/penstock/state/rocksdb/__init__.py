"""Keyed state in RocksDB, by `rocksdict` (the extra `penstock[rocksdb]`)."""
