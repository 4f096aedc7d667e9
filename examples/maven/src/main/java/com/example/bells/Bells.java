package com.example.bells;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.concurrent.Executors;

/** Bells says how many bells it is on board, with nothing but the JDK. */
public final class Bells {
  public static void main(String[] args) throws IOException {
    String port = System.getenv().getOrDefault("PORT", "3000");
    HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(port)), 0);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.createContext("/healthz", exchange -> answer(exchange, "ok"));
    server.createContext("/", exchange -> answer(exchange, bells(LocalTime.now(ZoneOffset.UTC)) + " bells"));
    server.start();
    System.out.println("Listening on port " + port);
  }

  /** One bell each half hour of a watch of four hours; eight when it ends. */
  static int bells(LocalTime time) {
    int halfHours = (time.getHour() % 4) * 2 + time.getMinute() / 30;
    return halfHours == 0 ? 8 : halfHours;
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
