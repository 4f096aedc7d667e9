defmodule Knots.Application do
  use Application

  @impl true
  def start(_type, _args) do
    {:ok, _server} =
      :inets.start(:httpd,
        port: Application.fetch_env!(:knots, :port),
        bind_address: :any,
        server_name: ~c"knots",
        server_root: ~c"/tmp",
        document_root: Path.join(:code.priv_dir(:knots), "pages") |> to_charlist(),
        directory_index: [~c"index.html"],
        mime_types: [{~c"html", ~c"text/html"}],
        modules: [:mod_alias, :mod_get, :mod_head]
      )

    Supervisor.start_link([], strategy: :one_for_one, name: Knots.Supervisor)
  end
end
