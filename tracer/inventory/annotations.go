// SPDX-License-Identifier: Apache-2.0

package inventory

// bundle is the part of an OCI bundle's config.json that tells whose it is.
type bundle struct {
	Annotations map[string]string `json:"annotations"`
}

// annotate takes over what annotations, or labels, say of a container. They are
// those of containerd, of CRI-O, and of the kubelet.
func (c *Container) annotate(a map[string]string) {
	first := func(to *string, keys ...string) {
		for _, key := range keys {
			if *to == "" {
				*to = a[key]
			}
		}
	}
	first(&c.Pod.Name, "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name", "io.kubernetes.cri-o.KubeName")
	first(&c.Pod.Namespace, "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace", "io.kubernetes.cri-o.Namespace")
	first(&c.Pod.UID, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid")
	first(&c.Name, "io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name")
	// What the kubelet calls the container that holds a pod's namespaces.
	if c.Name == "POD" {
		c.Name = ""
	}
}
