"""What kills, power cuts, full disks and flipped bytes leave of a library."""
