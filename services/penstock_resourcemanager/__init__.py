"""The ResourceManager: one leader keeps the ledger of slots and answers the JobMasters' slot requests from it."""
