// SPDX-License-Identifier: Apache-2.0

package report

import (
	_ "embed"
	"io"

	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

//go:embed sysctl_schema.json
var sysctlSchema string

// SysctlSchema returns the JSON Schema (draft 2020-12) of what
// [WriteSysctlJSON] writes. The caller may change what it gets.
func SysctlSchema() []byte { return []byte(sysctlSchema) }

type sysctlJSON struct {
	Type        string          `json:"type"`
	Schema      int             `json:"schema"`
	Kernel      string          `json:"kernel"`
	Measured    string          `json:"measured"`
	Netns       *uint32         `json:"netns,omitempty"`
	NetnsName   string          `json:"netns_name,omitempty"`
	InheritMode string          `json:"devconf_inherit_init_net,omitempty"`
	ReadOnlyPID int             `json:"read_only_pid,omitempty"`
	Keys        []sysctlKeyJSON `json:"keys"`
}

type sysctlKeyJSON struct {
	Name           string  `json:"name"`
	Host           *string `json:"host,omitempty"`
	Value          *string `json:"value,omitempty"`
	New            *string `json:"new,omitempty"`
	Verdict        string  `json:"verdict"`
	Effect         string  `json:"effect"`
	Proof          string  `json:"proof"`
	Since          string  `json:"since,omitempty"`
	Why            string  `json:"why"`
	Differs        bool    `json:"differs"`
	SetSince       bool    `json:"set_since"`
	Settable       bool    `json:"settable"`
	KubernetesSafe string  `json:"kubernetes_safe_since,omitempty"`
	Keeps          string  `json:"keeps_old_value,omitempty"`
}

// WriteSysctlJSON writes keys of a comparison as one line of JSON
// (docs/sysctl.md, [SysctlSchema]). The error is the writer's.
func WriteSysctlJSON(w io.Writer, c *sysctl.Comparison, keys []sysctl.Key) error {
	doc := sysctlJSON{
		Type: "sysctl", Schema: SchemaVersion, Kernel: c.Kernel, Measured: c.Measured,
		InheritMode: c.InheritMode, ReadOnlyPID: c.ReadOnly, Keys: []sysctlKeyJSON{},
	}
	if c.Netns != nil {
		doc.Netns, doc.NetnsName = &c.Netns.Inode, c.Netns.Name
	}
	for i := range keys {
		k := &keys[i]
		doc.Keys = append(doc.Keys, sysctlKeyJSON{
			Name: k.Name, Host: k.Host, Value: k.Value, New: k.New,
			Verdict: k.Verdict.String(), Effect: k.Effect.String(), Proof: k.Proof.String(), Since: k.Since, Why: k.Why,
			Differs: k.Differs(), SetSince: k.Changed, Settable: k.Settable(), KubernetesSafe: k.KubernetesSafe(), Keeps: k.Keeps(),
		})
	}
	return writeLine(w, doc, "sysctl")
}
