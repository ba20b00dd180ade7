// SPDX-License-Identifier: Apache-2.0

package sysctl

import "strings"

// safeSince are the sysctls that Kubernetes allows in a pod without the kubelet's
// --allowed-unsafe-sysctls, and the version since which it does
// (kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster).
var safeSince = map[string]string{
	"net.ipv4.ip_local_port_range":        "1.0",
	"net.ipv4.tcp_syncookies":             "1.0",
	"net.ipv4.ping_group_range":           "1.18",
	"net.ipv4.ip_unprivileged_port_start": "1.22",
	"net.ipv4.ip_local_reserved_ports":    "1.27",
	"net.ipv4.tcp_keepalive_time":         "1.29",
	"net.ipv4.tcp_fin_timeout":            "1.29",
	"net.ipv4.tcp_keepalive_intvl":        "1.29",
	"net.ipv4.tcp_keepalive_probes":       "1.29",
	"net.ipv4.tcp_rmem":                   "1.32",
	"net.ipv4.tcp_wmem":                   "1.32",
}

// KubernetesSafe returns the version of Kubernetes since which a pod may set the
// key without more, empty if the kubelet has to allow it.
func (k *Key) KubernetesSafe() string { return safeSince[k.Name] }

// Settable says whether a value of its own can be set in a namespace.
func (k *Key) Settable() bool {
	switch k.Verdict {
	case Inherited, Reset, Conditional, OfDevice:
		return true
	}
	return false
}

// Keeps says what goes on with the old value after the key was set, empty if
// nothing does: most are read anew each time they are needed.
func (k *Key) Keeps() string {
	switch k.Name {
	case "net.ipv4.tcp_congestion_control":
		return "sockets that exist" // tcp_assign_congestion_control
	case "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem":
		return "sockets that exist, of the second number" // tcp_init_sock
	case "net.core.rmem_default", "net.core.wmem_default":
		return "sockets that exist" // sock_init_data
	case "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl":
		return "timers of connections that run, until they fire" // tcp_keepalive_timer
	case "net.core.somaxconn":
		return "sockets that listen already" // __sys_listen
	case "net.ipv4.tcp_timestamps", "net.ipv4.tcp_sack", "net.ipv4.tcp_window_scaling", "net.ipv4.tcp_ecn":
		return "connections that exist" // negotiated with the SYN
	}
	if strings.Contains(k.Name, ".conf.default.") {
		return "devices that exist"
	}
	return ""
}
