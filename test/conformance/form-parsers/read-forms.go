// Reads forms, one per line as JSON, and prints mime/multipart's fields of each: [name, text] pairs, or null for a refused form.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"mime"
	"mime/multipart"
	"os"
	"strings"
)

type form struct {
	Type string `json:"type"`
	Body []byte `json:"body"`
}

func read(f form) [][2]string {
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil || !strings.EqualFold(kind, "multipart/form-data") || params["boundary"] == "" {
		return nil
	}
	parsed, err := multipart.NewReader(bytes.NewReader(f.Body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return nil
	}
	defer parsed.RemoveAll()
	pairs := [][2]string{}
	for name, values := range parsed.Value {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	return pairs
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var f form
			if json.Unmarshal(line, &f) != nil {
				os.Exit(1)
			}
			text, _ := json.Marshal(read(f))
			out.Write(append(text, '\n'))
		}
		if err != nil {
			return
		}
	}
}
