// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/vethtrace/vethtrace/gen"
)

// orderTest runs the kernel side's order logic on packets that are made up.
type orderTest struct {
	objs   gen.OrderTestObjects
	cases  *mapped[gen.OrderTestOrderCase]
	orders *mapped[gen.VethtraceOrder]
}

func newOrderTest(t testing.TB, flowBits uint32) *orderTest {
	t.Helper()
	needRoot(t)
	spec, err := gen.LoadOrderTest()
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Variables["flow_bits"].Set(flowBits); err != nil {
		t.Fatal(err)
	}
	spec.Maps["orders"].MaxEntries = 1 << flowBits
	f, err := probeFeatures()
	if err != nil {
		t.Fatal(err)
	}
	if !f.compareExchange {
		storeInsteadOfExchange(spec.Programs["take"].Instructions)
	}
	o := new(orderTest)
	if err := spec.LoadAndAssign(&o.objs, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.objs.Close() })
	if o.cases, err = mapArray[gen.OrderTestOrderCase](o.objs.OrderCase); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.cases.Close() })
	if o.orders, err = mapArray[gen.VethtraceOrder](o.objs.Orders); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.orders.Close() })
	return o
}

// made is a packet that is made up.
type made struct {
	enqueue, deliver   uint64
	enqueueCPU, runCPU uint16
	sender             Sender
	pid                uint32
	steering           Steering
	runner             Runner
	path               Path
	queue              uint16
}

// take delivers a packet of a flow.
func (o *orderTest) take(t testing.TB, flow uint64, m made) *gen.OrderTestOrderCase {
	t.Helper()
	c := &o.cases.items[0]
	*c = gen.OrderTestOrderCase{}
	c.Key = [7]uint64{1<<32 | 2, uint64(m.enqueueCPU+1)<<32 | uint64(m.runCPU+1), 7, flow}
	c.Mark.EnqueueNs, c.Mark.DeliverNs = m.enqueue, m.deliver
	c.Mark.EnqueueCpu, c.Mark.RunCpu = m.enqueueCPU, m.runCPU
	c.Mark.Sender, c.Mark.Pid = uint8(m.sender), m.pid
	c.Mark.Steering, c.Mark.Runner, c.Mark.Path, c.Mark.Queue = uint8(m.steering), uint8(m.runner), uint8(m.path), m.queue
	got, err := o.objs.Take.Run(&ebpf.RunOptions{Data: make([]byte, 14)})
	if err != nil {
		t.Fatal(err)
	}
	if got == 0 {
		t.Fatalf("the program found no room for flow %d", flow)
	}
	return c
}

// TestOrderLogic compares with a model that remembers everything: a packet is
// late if one that was enqueued after it has been delivered (RFC 4737, with the
// enqueue time as sequence number), and its displacement is how many in-order
// ones of these there are.
func TestOrderLogic(t *testing.T) {
	o := newOrderTest(t, 8)
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		flow := uint64(round + 1)
		// A permutation: neighbours, and now and then far ones, change places.
		packets := make([]uint64, 300)
		for i := range packets {
			packets[i] = uint64(i+1) * 10
		}
		for range rng.IntN(200) {
			i := rng.IntN(len(packets))
			j := min(len(packets)-1, i+rng.IntN(1+rng.IntN(60)))
			packets[i], packets[j] = packets[j], packets[i]
		}
		var inOrder []uint64 // enqueue times
		var late, most uint64
		for i, enqueue := range packets {
			got := o.take(t, flow, made{enqueue: enqueue, deliver: uint64(100000 + i)})
			first := slices.IndexFunc(inOrder, func(e uint64) bool { return e > enqueue })
			if first < 0 {
				inOrder = append(inOrder, enqueue)
				if got.Overtaken != 0 {
					t.Fatalf("round %d: packet %d is called late, and nothing overtook it", round, enqueue)
				}
				continue
			}
			late++
			want := min(len(inOrder)-first, MaxRemembered)
			most = max(most, uint64(want))
			over := inOrder[len(inOrder)-want]
			if got.Overtaken != 1 || int(got.By.Displacement) != want || got.By.Over.EnqueueNs != over {
				t.Fatalf("round %d: packet %d: overtaken %d by %d, the first %d; want 1 by %d, the first %d",
					round, enqueue, got.Overtaken, got.By.Displacement, got.By.Over.EnqueueNs, want, over)
			}
		}
		e := &o.orders.items[o.cases.items[0].Entry-1]
		if e.Reordered != late || e.MaxDisplacement != most {
			t.Errorf("round %d: reordered %d, at most by %d, want %d and %d", round, e.Reordered, e.MaxDisplacement, late, most)
		}
	}
}

// TestOrderOfManyFlows mixes flows whose entries are in each other's places:
// each in order, none may be called late.
func TestOrderOfManyFlows(t *testing.T) {
	o := newOrderTest(t, 3) // so that nearly all share a hash
	rng := rand.New(rand.NewPCG(3, 4))
	next := make([]uint64, 8)
	for i := range 5000 {
		flow := rng.IntN(len(next))
		// Each has its own idea of time, far from the others'.
		if next[flow] == 0 {
			next[flow] = rng.Uint64N(1 << 40)
		}
		next[flow] += rng.Uint64N(5)
		got := o.take(t, uint64(flow), made{enqueue: next[flow], deliver: uint64(i), enqueueCPU: uint16(rng.IntN(4)), runCPU: uint16(rng.IntN(4))})
		if got.Overtaken != 0 {
			t.Fatalf("packet %d of flow %d is called late", i, flow)
		}
	}
}

func TestOrderCause(t *testing.T) {
	o := newOrderTest(t, 8)
	task := func(cpu uint16, pid uint32) made {
		return made{enqueueCPU: cpu, runCPU: cpu, sender: SenderTask, pid: pid, steering: SteeringNone}
	}
	softirq := func(cpu uint16) made {
		return made{enqueueCPU: cpu, runCPU: cpu, sender: SenderSoftirq, steering: SteeringNone}
	}
	steered := func(from, to uint16, by Steering) made {
		return made{enqueueCPU: from, runCPU: to, sender: SenderTask, pid: 1, steering: by}
	}
	queued := func(path Path, queue uint16) made {
		m := task(0, 1)
		m.path, m.queue = path, queue
		return m
	}
	threaded := task(1, 1)
	threaded.runner = RunnerThreaded
	unknown := task(1, 1)
	unknown.sender = SenderUnknown
	for i, tt := range []struct {
		name       string
		late, over made
		want       ReorderCause
	}{
		{"the task moved", task(0, 1), task(1, 1), CauseSenderMoved},
		{"two tasks", task(0, 1), task(1, 2), CauseSeveralSenders},
		{"task and softirq", task(0, 1), softirq(1), CauseSoftirqSender},
		{"two softirqs", softirq(0), softirq(1), CauseSoftirqSender},
		{"who sent is not known", unknown, softirq(0), CauseUnknown},
		{"another CPU by RPS", steered(0, 0, SteeringRPS), steered(0, 1, SteeringRPS), CauseRPSChanged},
		{"RPS switched on", steered(0, 0, SteeringNone), steered(0, 1, SteeringRPS), CauseRPSChanged},
		{"two senders to one CPU by RPS", steered(0, 2, SteeringRPS), steered(1, 2, SteeringRPS), CauseSenderMoved},
		{"RFS", steered(0, 0, SteeringRFS), steered(0, 1, SteeringRFS), CauseRFSChanged},
		{"steering not known", steered(0, 0, SteeringUnknown), steered(0, 1, SteeringUnknown), CauseUnknown},
		{"two queues", queued(PathNAPI, 1), queued(PathNAPI, 2), CauseSeveralQueues},
		{"ring and backlog", queued(PathNAPI, 1), queued(PathBacklog, 1), CauseSeveralQueues},
		{"one queue", queued(PathXDP, 1), queued(PathXDP, 1), CauseUnknown},
		{"one CPU", task(0, 1), task(0, 1), CauseUnknown},
		{"a thread delivers", task(0, 1), threaded, CauseThreaded},
	} {
		flow := uint64(1000 + i)
		tt.late.enqueue, tt.over.enqueue = 100, 200
		tt.over.deliver, tt.late.deliver = 300, 400
		o.take(t, flow, tt.over)
		got := o.take(t, flow, tt.late)
		if got.Overtaken != 1 || ReorderCause(got.By.Cause) != tt.want {
			t.Errorf("%s: overtaken %d, cause %v, want %v", tt.name, got.Overtaken, ReorderCause(got.By.Cause), tt.want)
		}
	}
}

// TestOrderWhileLocked: another CPU holds the entry and does not go on. What is
// delivered meanwhile is remembered all the same.
func TestOrderWhileLocked(t *testing.T) {
	o := newOrderTest(t, 8)
	o.take(t, 1, made{enqueue: 100, deliver: 1000})
	e := &o.orders.items[o.cases.items[0].Entry-1]
	e.Lock = 1
	for _, enqueue := range []uint64{300, 500, 400} {
		if got := o.take(t, 1, made{enqueue: enqueue, deliver: 1000 + enqueue}); got.Overtaken != 0 || e.Marks != 1 {
			t.Fatalf("packet %d: overtaken %d, %d packets in order, want what was before", enqueue, got.Overtaken, e.Marks)
		}
	}
	e.Lock = 0
	if got := o.take(t, 1, made{enqueue: 450, deliver: 2000}); got.Overtaken != 1 || got.By.Over.EnqueueNs != 500 {
		t.Errorf("overtaken %d, by packet %d, want 1 by 500", got.Overtaken, got.By.Over.EnqueueNs)
	}
	if got := o.take(t, 1, made{enqueue: 600, deliver: 2001}); got.Overtaken != 0 || e.Marks != 3 {
		t.Errorf("packet 600: overtaken %d, %d packets in order, want 0 and 3", got.Overtaken, e.Marks)
	}
}

// TestOrderSenderMovedBefore: the late packet was sent by a softirq on the CPU
// that the task has just left.
func TestOrderSenderMovedBefore(t *testing.T) {
	o := newOrderTest(t, 8)
	const ms = 1_000_000
	for i, tt := range []struct {
		name    string
		movedNS uint64
		want    ReorderCause
	}{
		{"a moment ago", 99 * ms, CauseSenderMoved},
		{"long ago", 50 * ms, CauseSoftirqSender},
	} {
		flow := uint64(1 + i)
		send := func(enqueue uint64, cpu uint16, by Sender) *gen.OrderTestOrderCase {
			return o.take(t, flow, made{enqueue: enqueue, deliver: enqueue + 1, enqueueCPU: cpu, runCPU: cpu, sender: by, pid: 1, steering: SteeringNone})
		}
		send(10*ms, 0, SenderTask)
		send(tt.movedNS, 1, SenderTask)
		send(101*ms, 1, SenderTask)
		got := send(100*ms, 0, SenderSoftirq)
		if got.Overtaken != 1 || ReorderCause(got.By.Cause) != tt.want {
			t.Errorf("%s: overtaken %d, cause %v, want %v", tt.name, got.Overtaken, ReorderCause(got.By.Cause), tt.want)
		}
		if e := &o.orders.items[got.Entry-1]; e.Moves != 1 || got.By.Move.Pid != 1 || got.By.Move.From != 0 || got.By.Move.To != 1 {
			t.Errorf("%s: %d moves, the last %+v, want one of task 1 from 0 to 1", tt.name, e.Moves, got.By.Move)
		}
	}
}
