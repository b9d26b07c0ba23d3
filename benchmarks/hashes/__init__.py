"""What is an exact search among millions of known hashes worth, beside the index that others use?"""
