"""A Kubernetes control plane on this machine: the real API server, controllers and scheduler, over nodes that are
made up. What that shows and what it cannot show: docs/adr/0032-a-control-plane-without-kubelets.md."""
