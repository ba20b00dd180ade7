package inventory
import ("testing";"fmt";"encoding/json")
func TestX(t *testing.T){ inv:=Read(); b,_:=json.MarshalIndent(inv,""," "); fmt.Println(string(b)) }
func BenchmarkList(b *testing.B){ for b.Loop(){ List() } }
func BenchmarkRead(b *testing.B){ for b.Loop(){ Read() } }
