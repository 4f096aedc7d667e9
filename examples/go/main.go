// Tides answers with a page that it makes of a template beside it.
package main

import (
	"context"
	"errors"
	"html/template"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5"
)

var tides = map[string]string{"Dover": "06:12", "Brest": "04:51", "Cuxhaven": "11:30"}

func main() {
	pages := template.Must(template.ParseGlob("templates/*.html"))
	router := chi.NewRouter()
	router.Get("/", func(response http.ResponseWriter, request *http.Request) {
		if err := pages.ExecuteTemplate(response, "tides.html", tides); err != nil {
			log.Println(err)
		}
	})
	router.Get("/tides/{harbour}", func(response http.ResponseWriter, request *http.Request) {
		tide, known := tides[chi.URLParam(request, "harbour")]
		if !known {
			http.NotFound(response, request)
			return
		}
		_, _ = response.Write([]byte(tide))
	})
	router.Get("/healthz", func(response http.ResponseWriter, request *http.Request) {
		_, _ = response.Write([]byte("ok"))
	})

	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	server := &http.Server{Addr: ":" + port, Handler: router, ReadHeaderTimeout: 10 * time.Second}
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-stopped.Done()
		_ = server.Shutdown(context.Background())
	}()
	log.Println("Listening on port", port)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
