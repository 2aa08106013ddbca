package nginx

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/internal/servers/process"
	"github.com/logsto/logsto-go/transport"
)

const (
	rate   = 5000 // records per second
	finish = 30 * time.Second
)

// site is what differs in the configuration.
type site struct {
	HTTP   string // on the level of http
	Server string // on the level of server
	Where  string // in the location that is proxied
	TLS    string // parameters of listen
}

// config keeps nginx in the foreground, and all its files in a directory of the
// test, into which its worker must be able to write.
var config = template.Must(template.New("").Parse(`
daemon off;
worker_processes 1;
{{if .Root}}user root;{{end}}
pid {{.Dir}}/pid;
error_log stderr notice;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path {{.Dir}}/body;
	proxy_temp_path {{.Dir}}/proxy;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;
	client_body_buffer_size 1m;
	client_max_body_size 64m;
	upstream ledger {
		server {{.Upstream}};
		keepalive 16;
	}
	{{.HTTP}}
	server {
		listen {{.Addr}} {{.TLS}};
		{{.Server}}
		location / {
			{{.Where}}
			proxy_pass http://ledger;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header X-Proto $server_protocol;
		}
	}
}
`))

// program returns where nginx is. Debian puts it where only root looks.
func program(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("nginx is not installed (apt-get install nginx)")
	return ""
}

// start starts nginx in front of upstream and returns its address. nginx
// inherits the listening socket, so that the kernel can choose the port and
// nobody else can take it.
func start(t *testing.T, upstream string, s site) string {
	t.Helper()
	path, dir := program(t), t.TempDir()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	var text bytes.Buffer
	err = config.Execute(&text, struct {
		site
		Dir, Addr, Upstream string
		Root                bool
	}{s, dir, ln.Addr().String(), upstream, os.Geteuid() == 0})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-c", file, "-e", "stderr")
	cmd.ExtraFiles = []*os.File{socket} // descriptor 3
	cmd.Env = append(os.Environ(), "NGINX=3;")
	process.Start(t, cmd, func(line string) bool { return strings.Contains(line, "start worker process ") })
	return ln.Addr().String()
}

// rig is the library, nginx and the server.
type rig struct {
	*ledger.Rig
	server *ledger.Server
}

func newRig(t *testing.T, l *ledger.Ledger, s site, setup ledger.Setup) *rig {
	t.Helper()
	program(t) // skip before anything is started
	r := &rig{server: l.Start(t, "127.0.0.1:0", 0)}
	scheme := "http"
	if s.TLS != "" {
		scheme = "https"
	}
	setup.Endpoint = fmt.Sprintf("%s://%s/v1/log", scheme, start(t, r.server.Addr, s))
	if setup.Base == nil {
		setup.Base = &http.Transport{MaxIdleConnsPerHost: 16}
	}
	r.Rig = ledger.NewRig(t, setup)
	return r
}

// finish closes everything, checks it, and logs what nginx answered.
func (r *rig) finish(t *testing.T, except ...int) ledger.Report {
	t.Helper()
	rep := r.Finish(t, r.server, finish, except...)
	t.Logf("answers by status (0 is none): %v", r.Tap.Statuses())
	return rep
}

func transportOptions(opts ...transport.Option) ledger.Setup {
	return ledger.Setup{Transport: opts}
}
