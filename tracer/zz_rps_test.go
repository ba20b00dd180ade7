package tracer
import ("testing";"github.com/vethtrace/vethtrace/lab")
func TestZZ(t *testing.T) {
	for range 25 {
	l := newLab(t)
	crossCPUs(t, l)
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	tr := startTrace(t, Options{})
	m := newMeter(t, tr, l)
	b := snapshot(t, tr)
	send(t, l, lab.UDP{Count: 50_000, CPU: 0})
	m.settle()
	a := snapshot(t, tr)
	udp := udpHops(t, tr, l)
	t.Logf("runners %v; enqueued on CPU1 %d; devices %d", udp.Runners, cpuIn(a,1).Enqueued-cpuIn(b,1).Enqueued, len(a.Devices))
	tr.Close()
	lab.Down(l.Name)
	}
}
