// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// retransmitsJSON counts retransmits.
type retransmitsJSON struct {
	Events    uint64            `json:"events"`
	Segs      uint64            `json:"segs"`
	Classes   classesJSON       `json:"classes"`
	ClassSegs classesJSON       `json:"class_segs"`
	Verdicts  verdictsJSON      `json:"verdicts"`
	Pending   uint64            `json:"pending"`
	Spurious  spuriousJSON      `json:"spurious"`
	Causes    reorderCausesJSON `json:"causes"`
	Failed    uint64            `json:"failed"`
}

type classesJSON struct {
	Fast      uint64 `json:"fast"`
	SlowStart uint64 `json:"slow_start"`
	RTO       uint64 `json:"rto"`
	TLP       uint64 `json:"tlp"`
	SYN       uint64 `json:"syn"`
	SYNACK    uint64 `json:"syn_ack"`
	MTU       uint64 `json:"mtu"`
	Other     uint64 `json:"other"`
}

// verdictsJSON has the names of verdicts with _ for -, which jq takes for a
// minus.
type verdictsJSON struct {
	ReorderedAtHop     uint64 `json:"reordered_at_hop"`
	LostAtHop          uint64 `json:"lost_at_hop"`
	ReorderedElsewhere uint64 `json:"reordered_elsewhere"`
	LostElsewhere      uint64 `json:"lost_elsewhere"`
	Timeout            uint64 `json:"timeout"`
	Unknown            uint64 `json:"unknown"`
}

type spuriousJSON struct {
	DSACK     uint64 `json:"dsack"`
	Undo      uint64 `json:"undo"`
	Duplicate uint64 `json:"duplicate"`
}

func retransmitsOf(r *tracer.Retransmits) retransmitsJSON {
	return retransmitsJSON{
		Events:    r.Events,
		Segs:      r.Segs,
		Classes:   classesOf(&r.Classes),
		ClassSegs: classesOf(&r.ClassSegs),
		Verdicts:  verdictsOf(&r.Verdicts),
		Pending:   r.Pending,
		Spurious:  spuriousJSON{r.Spurious[tracer.ProofDSACK], r.Spurious[tracer.ProofUndo], r.Spurious[tracer.ProofDuplicate]},
		Causes:    reorderCausesOf(&r.Causes),
		Failed:    r.Failed,
	}
}

func classesOf(n *[tracer.NumRetransmitClasses]uint64) classesJSON {
	return classesJSON{
		Fast:      n[tracer.ClassFast],
		SlowStart: n[tracer.ClassSlowStart],
		RTO:       n[tracer.ClassRTO],
		TLP:       n[tracer.ClassTLP],
		SYN:       n[tracer.ClassSYN],
		SYNACK:    n[tracer.ClassSYNACK],
		MTU:       n[tracer.ClassMTU],
		Other:     n[tracer.ClassOther],
	}
}

func verdictsOf(n *[tracer.NumVerdicts]uint64) verdictsJSON {
	return verdictsJSON{
		ReorderedAtHop:     n[tracer.VerdictReorderedAtHop],
		LostAtHop:          n[tracer.VerdictLostAtHop],
		ReorderedElsewhere: n[tracer.VerdictReorderedElsewhere],
		LostElsewhere:      n[tracer.VerdictLostElsewhere],
		Timeout:            n[tracer.VerdictTimeout],
		Unknown:            n[tracer.VerdictUnknown],
	}
}
