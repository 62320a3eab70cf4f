using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench/Understudy.Benchmarks -- --filter '*' (or a part of a name; --job short for a first look)
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
