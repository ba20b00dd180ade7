// SPDX-License-Identifier: Apache-2.0

package tracer

// Steering is why a packet was queued on its CPU (get_rps_cpu in
// net/core/dev.c).
type Steering int

// The steerings. What a mode cannot know is SteeringUnknown, as are packets on
// the NAPI paths, which are not steered before they are delivered.
const (
	SteeringUnknown Steering = iota
	// SteeringNone is the CPU of the sender: the receiving queue has neither
	// an RPS mask nor a flow table that decides.
	SteeringNone
	// SteeringRPS is the CPU that the flow's hash selects of the queue's
	// mask (rps_cpus).
	SteeringRPS
	// SteeringRFS is the CPU of the flow's reader (rps_flow_cnt).
	SteeringRFS
	NumSteerings
)

// String returns the steering's name in tables and JSON.
func (s Steering) String() string {
	return [...]string{"unknown", "none", "rps", "rfs"}[s]
}
