// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestHopText(t *testing.T) {
	noFlow := testHop()
	noFlow.HasFlow = false
	noFlow.Rx, noFlow.Tx = noNames, tracer.DeviceName{DeviceID: noNames.DeviceID, NetnsName: "b\nc", Ifname: "x\x1b[0m"}
	extreme := testHop()
	extreme.StagesNS = [tracer.NumStages]uint64{1<<64 - 1, 0, 999_999, 1 << 63}
	extreme.LenBytes, extreme.GSOSegs = 1<<32-1, 1<<32-1
	extreme.EnqueueCPU, extreme.RunCPU, extreme.QueueLen = 1023, 1023, 1<<31
	extreme.Steering = tracer.SteeringRFS

	var b bytes.Buffer
	text := NewHopText(&b, testRun())
	if err := text.WriteHeader(); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*tracer.Hop{testHop(), napiHop(), noFlow, extreme} {
		if err := text.Write(h); err != nil {
			t.Fatal(err)
		}
	}
	strange := testDrop()
	strange.Tx, strange.Reason, strange.Kind = noNames, "\x1b[0m", tracer.KindMacvlan
	strange.QueueLen, strange.EnqueueCPU, strange.TargetCPU = 1<<31, 1023, 1023
	strange.DropNS = strange.TSNS - 1
	for _, d := range []*tracer.Drop{testDrop(), bareDrop(), strange} {
		if err := text.WriteDrop(d); err != nil {
			t.Fatal(err)
		}
	}
	lone := testReorder()
	lone.Cause, lone.Move.Comm = tracer.CauseSenderMoved, ""
	for _, r := range []*tracer.Reorder{testReorder(), lone, bareReorder(), extremeReorder()} {
		if err := text.WriteReorder(r); err != nil {
			t.Fatal(err)
		}
	}
	undone, late := testRetransmit(), testRetransmit()
	undone.Class, undone.Verdict, undone.Spurious = tracer.ClassRTO, tracer.VerdictTimeout, tracer.ProofUndo
	late.Verdict, late.Chain = tracer.VerdictReorderedElsewhere, tracer.Chain{}
	wrapped := lostRetransmit()
	wrapped.Seq, wrapped.EndSeq, wrapped.Chain.Dropped = 1<<32-1, 99, bareDrop()
	for _, r := range []*tracer.Retransmit{
		testRetransmit(), undone, late, lostRetransmit(), wrapped, bareRetransmit(), failedRetransmit(), extremeRetransmit(),
	} {
		if err := text.WriteRetransmit(r); err != nil {
			t.Fatal(err)
		}
	}
	checkText(t, b.Bytes(), 0)
	golden(t, "hops.txt", b.Bytes())
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteErrors(t *testing.T) {
	want := errors.New("disk full")
	w := brokenWriter{want}
	for name, err := range map[string]error{
		"stat JSON":       WriteStatJSON(w, testSnapshot()),
		"stat":            WriteStat(w, testSnapshot(), 80),
		"header":          WriteHeader(w, testRun(), Sampling{}),
		"footer":          WriteFooter(w, testSnapshot(), Emission{}),
		"hop":             NewHopWriter(w).Write(testHop()),
		"hop text":        NewHopText(w, testRun()).Write(testHop()),
		"drop":            NewHopWriter(w).WriteDrop(testDrop()),
		"drop text":       NewHopText(w, testRun()).WriteDrop(testDrop()),
		"reorder":         NewHopWriter(w).WriteReorder(testReorder()),
		"reorder text":    NewHopText(w, testRun()).WriteReorder(testReorder()),
		"retransmit":      NewHopWriter(w).WriteRetransmit(testRetransmit()),
		"retransmit text": NewHopText(w, testRun()).WriteRetransmit(testRetransmit()),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%s: got error %v, want %v", name, err, want)
		}
	}
}
