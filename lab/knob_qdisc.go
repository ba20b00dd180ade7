// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// qdiscKnob is what is at the root of a device. Only in the place of the
// kernel's default, which comes back when that is deleted.
type qdiscKnob struct{}

// labHandles tell the lab's own. Each kind has another one: the kernel does not
// put one kind in the place of another with the same handle.
var labHandles = map[string]uint32{
	"fq": 0x7e51 << 16, "fq_codel": 0x7e52 << 16, "pfifo_fast": 0x7e53 << 16, "tbf": 0x7e54 << 16, "netem": 0x7e55 << 16,
}

// qdiscKind is the first word.
func qdiscKind(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return kind
}

const defaultMark = " (default)"

func (qdiscKnob) check(s Setting) (Setting, error) {
	s.Value = strings.Join(strings.Fields(s.Value), " ")
	_, err := parseQdisc(s.Value, netlink.QdiscAttrs{})
	return s, err
}

// read returns kind, handle and all options of the lab's own one.
func (qdiscKnob) read(ns *os.File, s Setting) (text string, err error) {
	err = withLink(ns, s.Device, func(h *netlink.Handle, link netlink.Link) error {
		all, err := list(func() ([]netlink.Qdisc, error) { return h.QdiscList(link) })
		if err != nil {
			return fmt.Errorf("listing queueing disciplines: %w", err)
		}
		for _, q := range all {
			if q.Attrs().Parent == netlink.HANDLE_ROOT {
				text = describeQdisc(q)
				return nil
			}
		}
		return errors.New("it has no queueing discipline")
	})
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", s.what(), err)
	}
	return text, nil
}

func describeQdisc(q netlink.Qdisc) string {
	handle := q.Attrs().Handle
	if handle == 0 {
		return q.Type() + defaultMark
	}
	text := fmt.Sprintf("%s %s", q.Type(), netlink.HandleStr(handle))
	v := reflect.ValueOf(q).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); !f.Anonymous {
			text += fmt.Sprintf(" %s=%v", f.Name, v.Field(i))
		}
	}
	return text
}

func (qdiscKnob) write(ns *os.File, s Setting, value string) error {
	return withLink(ns, s.Device, func(h *netlink.Handle, link netlink.Link) error {
		attrs := netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Parent: netlink.HANDLE_ROOT, Handle: labHandles[qdiscKind(value)]}
		if strings.HasSuffix(value, defaultMark) {
			attrs.Handle = 0
			err := h.QdiscDel(&netlink.GenericQdisc{QdiscAttrs: attrs, QdiscType: strings.TrimSuffix(value, defaultMark)})
			if err != nil && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("deleting queueing discipline of %q: %w", s.Device, err)
			}
			return nil
		}
		q, err := parseQdisc(value, attrs)
		if err != nil {
			return err
		}
		err = h.QdiscReplace(q)
		if errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("this kernel has no queueing discipline %s: %w", q.Type(), err)
		}
		return err
	})
}

func (qdiscKnob) same(a, b string) bool { return a == b }

func (qdiscKnob) script(s Setting, value string) []string {
	if strings.HasSuffix(value, defaultMark) {
		return []string{fmt.Sprintf("tc %sqdisc del dev %s root", inNamespace(s.Netns), quote(s.Device))}
	}
	return []string{fmt.Sprintf("tc %sqdisc replace dev %s root handle %s %s",
		inNamespace(s.Netns), quote(s.Device), strings.TrimSuffix(netlink.HandleStr(labHandles[qdiscKind(value)]), "0"), value)}
}

// qdiscBefore is what to put back: the kernel's default, or what the lab set
// before. Anything else could not be made again as it was.
func (s *site) qdiscBefore(c *Change) (string, error) {
	if strings.HasSuffix(c.Before, defaultMark) {
		return c.Before, nil
	}
	for i := len(s.Changes) - 1; i >= 0; i-- {
		if o := s.Changes[i]; o.Kind == QdiscKind && o.Netns == c.Netns && o.Ifindex == c.Ifindex && o.Mark == c.Before {
			return o.Value, nil
		}
	}
	return "", fmt.Errorf("%s is not the kernel's default: somebody set it, and the lab could not make it again as it was: %s", c.what(), c.Before)
}

// qdiscIsOurs says that the lab made the one that is there, and nobody changed
// its options.
func (c *Change) qdiscIsOurs(now string) bool {
	if c.Mark != "" {
		return now == c.Mark
	}
	kind := qdiscKind(c.Value)
	return strings.HasPrefix(now, kind+" "+netlink.HandleStr(labHandles[kind]))
}

func withLink(ns *os.File, name string, fn func(*netlink.Handle, netlink.Link) error) error {
	h, err := handleInFile(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := h.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding device %q: %w", name, err)
	}
	return fn(h, link)
}
