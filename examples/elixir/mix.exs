defmodule Knots.MixProject do
  use Mix.Project

  def project do
    [
      app: :knots,
      version: "1.0.0",
      elixir: "~> 1.15",
      start_permanent: Mix.env() == :prod,
      deps: []
    ]
  end

  def application do
    [mod: {Knots.Application, []}, extra_applications: [:logger, :inets]]
  end
end
