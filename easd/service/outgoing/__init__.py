"""Mail on its way: taken into the queue, delivered here, and reported on."""
