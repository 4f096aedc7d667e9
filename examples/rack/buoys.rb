# frozen_string_literal: true

require "json"

# A Rack application: which buoys lie before the harbour.
class Buoys
  ALL = { "north" => "green", "south" => "red", "bar" => "yellow" }.freeze

  def call(env)
    case env["PATH_INFO"]
    when "/" then answer(200, "text/html; charset=utf-8", page)
    when "/buoys" then answer(200, "application/json", JSON.generate(ALL))
    when "/healthz" then answer(200, "text/plain", "ok")
    else answer(404, "text/plain", "There is no such page.\n")
    end
  end

  private

  def page
    items = ALL.map { |name, color| "<li>#{name}: #{color}</li>" }.join
    "<!doctype html><html lang=en><meta charset=utf-8><title>Buoys</title><h1>Buoys</h1><ul>#{items}</ul></html>\n"
  end

  def answer(status, type, body)
    [status, { "content-type" => type, "content-length" => body.bytesize.to_s }, [body]]
  end
end
