"""What the ComfyUI backend is made of: workflows, a job in the server's queue, its progress."""
