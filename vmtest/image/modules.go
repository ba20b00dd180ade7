// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// wanted are the modules the guest loads before the tests, where nothing loads
// them on demand. br_netfilter is not among them: it changes every bridge.
var wanted = strings.Fields(`
	virtio_pci virtio_net
	veth bridge ipvlan macvlan dummy 8021q ifb tun vxlan netkit
	overlay loop af_packet
	sch_netem sch_fq sch_fq_codel sch_htb sch_tbf sch_ingress
	cls_bpf cls_flower cls_matchall cls_u32 act_mirred act_bpf act_gact
	nf_tables nf_conntrack nf_conntrack_netlink nf_nat
	nft_chain_nat nft_ct nft_nat nft_masq nft_redir nft_counter nft_limit nft_log nft_fib_inet
	nft_reject nft_reject_inet nft_compat
	xt_conntrack xt_addrtype xt_nat xt_MASQUERADE xt_mark xt_comment
	inet_diag tcp_diag udp_diag unix_diag tcp_bbr
`)

// addModules adds the wanted modules below dir, and the order to load them.
func addModules(a *Archive, dir string) error {
	files, err := moduleFiles(dir)
	if err != nil {
		return fmt.Errorf("listing modules: %w", err)
	}
	data := map[string][]byte{}
	sorted, err := order(wanted, func(name string) ([]string, error) {
		path, ok := files[name]
		if !ok {
			return nil, nil
		}
		module, err := readModule(path)
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
		data[name] = module
		return needs(module)
	})
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, name := range sorted {
		if module, ok := data[name]; ok {
			a.File(filepath.Join(guest.ModulesDir, name+".ko"), 0o644, module)
			fmt.Fprintln(&list, name)
		}
	}
	a.File(guest.ModulesList, 0o644, []byte(list.String()))
	return nil
}

func moduleFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(d.Name(), ".ko") {
			files[moduleName(path)] = path
		}
		return err
	})
	return files, err
}
