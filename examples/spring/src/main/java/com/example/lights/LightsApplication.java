package com.example.lights;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Lights tells how lighthouses flash. */
@SpringBootApplication
@RestController
public class LightsApplication {
  private static final Map<String, String> LIGHTS =
      Map.of("Eddystone", "Fl(2) W 10s", "Bishop Rock", "Fl(2) W 15s", "Roter Sand", "dark since 1986");

  public static void main(String[] args) {
    SpringApplication.run(LightsApplication.class, args);
  }

  @GetMapping("/lights")
  Map<String, String> lights() {
    return LIGHTS;
  }

  @GetMapping("/lights/{name}")
  String light(@PathVariable("name") String name) {
    String light = LIGHTS.get(name);
    if (light == null) throw new ResponseStatusException(HttpStatus.NOT_FOUND);
    return light;
  }

  @GetMapping("/healthz")
  String health() {
    return "ok";
  }
}
