"""What the simulated Files and Skills share: where things are on disk, pages of lists, errors, and the one class that
answers for both. It is the part of the simulator that remembers: it reads and writes below one folder, which
several workers may share, and takes its clock and its ids as arguments."""
