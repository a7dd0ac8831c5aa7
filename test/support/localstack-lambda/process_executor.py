"""Runs Lambda functions of LocalStack as Node processes of this machine, where no container engine is.

LocalStack finds it by the entry point beside this file, and uses it with LAMBDA_RUNTIME_EXECUTOR=process.
"""

import os
import subprocess

from localstack.services.lambda_.invocation.executor_endpoint import ExecutorEndpoint
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.utils.net import get_free_tcp_port

LOOPBACK = "127.0.0.1"


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One process of a function, from its start to its end."""

    def __init__(self, id, function_version):
        super().__init__(id=id, function_version=function_version)
        self.endpoint = ExecutorEndpoint(self.id, container_address=LOOPBACK, container_port=get_free_tcp_port())
        self.process = None

    def start(self, env_vars):
        code = self.function_version.config.code.get_unzipped_code_location()
        self.endpoint.start()
        # Nothing of LocalStack's own environment but the PATH; not all values are strings.
        environment = {name: str(value) for name, value in env_vars.items()}
        environment |= {
            "PATH": os.environ["PATH"],
            "LAMBDA_TASK_ROOT": str(code),
            "BOOTSTRAP_PORT": str(self.endpoint.container_port),
            "BOOTSTRAP_EXECUTOR": self.id,
        }
        self.process = subprocess.Popen(
            [os.environ["PROCESS_EXECUTOR_NODE"], os.environ["PROCESS_EXECUTOR_BOOTSTRAP"]],
            cwd=code,
            env=environment,
            # Closes with LocalStack, however that ends: the process then ends too.
            stdin=subprocess.PIPE,
        )
        self.endpoint.wait_for_startup()

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.endpoint.shutdown()

    def get_address(self):
        return LOOPBACK

    def get_endpoint_from_executor(self):
        return LOOPBACK

    def get_runtime_endpoint(self):
        listening = os.environ["GATEWAY_LISTEN"]
        return f"http://{listening}{self.endpoint.get_endpoint_prefix()}"

    def invoke(self, payload):
        return self.endpoint.invoke(payload)

    def get_logs(self):
        return "a function's output is in LocalStack's own log\n"

    @classmethod
    def prepare_version(cls, function_version):
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version):
        function_version.config.code.destroy_cached()


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args, **kwargs):
        return ProcessRuntimeExecutor
