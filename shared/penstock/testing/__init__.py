"""What tests of whole clusters reach into the product for; inert unless asked by an environment variable."""
