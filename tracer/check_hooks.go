// SPDX-License-Identifier: Apache-2.0

package tracer

// checkHooks says which modes there are, and how each hook is attached in the
// one that is used, which is empty when none can be.
func checkHooks(c *chooser, want Mode) ([]Check, Mode) {
	checks := []Check{checkMode(c, ModeFentry, want), checkMode(c, ModeKprobe, want)}
	mode, chosen, err := c.chooseMode(want, []Kind{KindVeth}, false)
	if err != nil {
		return append(checks, Check{Name: "hooks", Found: "missing", Missing: err.Error()}), ""
	}
	for _, h := range chosen {
		found := h.place()
		switch {
		case h.means == "":
			found = "not attached"
		case h.when != always:
			found += h.when.String()
		}
		checks = append(checks, Check{
			Name: "hook " + h.name, Found: found + " (" + h.gives + ")", Missing: h.missed, Optional: true,
		})
	}
	return checks, mode
}

// checkMode says whether functions can be attached to in this mode.
func checkMode(c *chooser, mode, want Mode) Check {
	check := Check{Name: "mode " + string(mode), Found: "possible", Optional: mode != want}
	if check.Missing = c.cannot(mode, enqueueHook()); check.Missing != "" {
		check.Found = "not possible"
	}
	return check
}

// checkContext says whether programs can read what they run on top of.
func checkContext(f *features) Check {
	c := Check{Name: "softirq context and backlog queues", Found: "readable (runner inline or hardirq, queue length)", Optional: true}
	switch {
	case !f.knowsSoftirq():
		c.Found = "not readable"
		c.Missing = "this kernel does not tell whether a task or a softirq transmits: runner inline may be hardirq, and queue lengths are not known"
	case !f.knowsBacklog():
		c.Found = "softirq context only"
		c.Missing = "this kernel does not tell where its backlog queues are: their lengths are not known"
	}
	return c
}
